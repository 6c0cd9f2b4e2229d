import { Entity, Json, Level, Mutable, Store } from './model';

interface User extends Entity<string> { name: string; scores: number[]; address?: { street: string; no: 0.5 | 1 } }

export class Users extends Store<string, User> {
  constructor() { super(Level.High); }
  create(id: string): Mutable<User> {
    return { id, created: new Date(), name: `user ${id}`, scores: [1, 2.5, -0], labels: new Map() };
  }
}

const users = new Users();
export const total = [...'abcdef'].map((id) => users.get(id).scores.reduce((a, b) => a + b, 0.25));
export function show(value: Json, depth = 3): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (depth <= 0) return '…';
  return Array.isArray(value)
    ? `[${value.map((item) => show(item, depth - 1)).join()}]`
    : `{${Object.entries(value).map(([key, item]) => `${key}: ${show(item, depth - 1)}`)}}`;
}
export const wrong: number = show({ a: [1, { b: 'c' }] });
