import { stat } from 'node:fs/promises';

/**
 * Watches files by asking for their state, because notifications miss what mounted secrets do (a link that changes its
 * target) and do not exist on every file system. A change counts once it has been seen twice, so that a file that is
 * being written is left alone.
 */
export class FilePoll {
  #known = new Map<string, string>();
  #pending: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly everyMs: number,
    private readonly onChange: () => Promise<void>,
  ) {}

  /** From now on these are watched: known ones from the state that was last told of, others from the one that they are in. */
  async watch(paths: Iterable<string>): Promise<void> {
    this.#known = new Map(await Promise.all([...paths].map(async (path) => [path, this.#known.get(path) ?? (await stateOf(path))] as const)));
    this.#pending = null;
  }

  begin(): void {
    const tick = () => {
      this.#timer = setTimeout(() => void this.look().finally(() => this.#timer !== null && tick()), this.everyMs).unref();
    };
    tick();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One look at all files; tells of a change that stands. */
  async look(): Promise<void> {
    const states = await Promise.all([...this.#known].map(async ([path, before]) => ({ path, before, now: await stateOf(path) })));
    const changed = states.filter(({ before, now }) => before !== now);
    const picture = changed.length === 0 ? null : changed.map(({ path, now }) => `${path} ${now}`).join('\n');
    const stands = picture !== null && picture === this.#pending;
    this.#pending = picture;
    if (!stands) return;
    for (const { path, now } of changed) this.#known.set(path, now);
    this.#pending = null;
    await this.onChange();
  }
}

const stateOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'none';
  }
};
