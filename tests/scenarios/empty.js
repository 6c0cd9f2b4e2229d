'use strict';
require('./_end.js').withSnapshot({ counts: {} });
