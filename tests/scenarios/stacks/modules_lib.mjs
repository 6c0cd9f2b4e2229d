export function named(next) { return next(); }
export default function (next) { return next(); }
export const renamed = (next) => next();
export const object = { method(next) { return next(); } };
export class Exported { constructor(next) { this.made = next?.(); } run(next) { return next(); } static make(next) { return new Exported(next); } }
