/** A setting that stops the start: each line names the path and what is wrong with it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: readonly string[]) {
    super(`Settings are not usable:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  }
}
