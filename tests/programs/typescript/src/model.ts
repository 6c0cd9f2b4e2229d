// Something to check: classes, generics, unions, mapped and conditional types, decorators' likes.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Entity<Id extends string | number> {
  readonly id: Id;
  created: Date;
  labels?: ReadonlyMap<string, Json>;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Unpacked<T> = T extends (infer U)[] ? U : T extends Promise<infer V> ? V : T;

export enum Level { Low = 1, Middle = 1 << 4, High = Middle | Low, Name = 'name'.length }

export abstract class Store<Id extends string | number, E extends Entity<Id>> {
  static #made = 0;
  readonly #entities = new Map<Id, E>();
  protected constructor(private readonly level: Level) { Store.#made++; }
  abstract create(id: Id): Mutable<E>;
  get size(): number { return this.#entities.size; }
  get(id: Id): E {
    let found = this.#entities.get(id);
    if (!found) this.#entities.set(id, (found = this.create(id)));
    return found;
  }
  *[Symbol.iterator](): IterableIterator<E> { yield* this.#entities.values(); }
  async all<T>(of: (entity: E) => Promise<T>): Promise<Unpacked<Promise<T>>[]> {
    const results: Unpacked<Promise<T>>[] = [];
    for (const entity of this) results.push(await of(entity) as Unpacked<Promise<T>>);
    return this.level > Level.Low ? results : results.slice(0, 1);
  }
}
