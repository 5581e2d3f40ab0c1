/** Bytes of request bodies in memory, for the process and for one principal, so that many bodies at once cannot fill it. */
export class BodyBudget {
  readonly #ofPrincipal = new Map<string, number>();
  #taken = 0;

  constructor(
    private readonly limits: () => { readonly bodiesBytes: number; readonly bodiesBytesPerPrincipal: number },
  ) {}

  tryTake(principal: string, bytes: number): boolean {
    const now = this.#ofPrincipal.get(principal) ?? 0;
    const { bodiesBytes, bodiesBytesPerPrincipal } = this.limits();
    if (this.#taken + bytes > bodiesBytes || now + bytes > bodiesBytesPerPrincipal) return false;
    this.#taken += bytes;
    this.#ofPrincipal.set(principal, now + bytes);
    return true;
  }

  give(principal: string, bytes: number): void {
    this.#taken -= bytes;
    const left = (this.#ofPrincipal.get(principal) ?? 0) - bytes;
    if (left <= 0) this.#ofPrincipal.delete(principal);
    else this.#ofPrincipal.set(principal, left);
  }
}
