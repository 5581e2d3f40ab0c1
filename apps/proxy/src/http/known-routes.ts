import findMyWay from 'find-my-way';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/** Which methods a path has, collected from the routes as they are registered: tells 405 from 404. */
export class KnownRoutes {
  readonly #router = findMyWay({ maxParamLength: 16_384 });
  readonly listed: { readonly method: string; readonly url: string }[] = [];

  add(method: string, url: string): void {
    this.listed.push({ method, url });
    if (!(METHODS as readonly string[]).includes(method) || url.includes('*')) return;
    this.#router.on(method as Method, url, () => undefined);
  }

  methodsOf(url: string): readonly Method[] {
    const path = url.split('?')[0] ?? '/';
    return METHODS.filter((method) => this.#router.find(method, path) !== null);
  }
}
