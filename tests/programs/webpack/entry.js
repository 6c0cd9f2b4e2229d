import { chunk, debounce, groupBy, merge, template } from 'lodash-es';
import * as everything from 'lodash-es/lang';
import data from './data.json';

export const rows = chunk(Object.entries(groupBy(data.items, 'kind')), 2);
export const say = debounce(template('<%= name %>'), 10);
export default merge({ everything: Object.keys(everything).length }, data);
import(/* webpackChunkName: "later" */ './later.js').then(({ later }) => later(rows));
