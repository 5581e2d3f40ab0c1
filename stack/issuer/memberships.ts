import { PERSON, type ClientRegistration } from './registrations.ts';

export type ObjectKind = 'user' | 'application';

/** What Graph knows of the tenant's objects: people and service principals are kept apart, as in Entra. */
export class Memberships {
  readonly #kinds = new Map<string, ObjectKind>([[PERSON.objectId, 'user']]);
  readonly #groups = new Map<string, readonly string[]>([[PERSON.objectId, PERSON.groups]]);

  constructor(clients: readonly ClientRegistration[]) {
    for (const { objectId, groups } of clients) {
      this.#kinds.set(objectId, 'application');
      this.#groups.set(objectId, groups);
    }
  }

  set(objectId: string, groups: readonly string[]): void {
    this.#groups.set(objectId, groups);
  }

  /** @returns null when there is no object of that kind */
  of(kind: ObjectKind, objectId: string): readonly string[] | null {
    return this.#kinds.get(objectId) === kind ? (this.#groups.get(objectId) ?? []) : null;
  }
}
