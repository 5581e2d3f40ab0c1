/** Why a text is not the JSON that Postern accepts. `offset` is a byte position in the body. */
export type JsonFaultReason = 'syntax' | 'utf8' | 'depth' | 'end-of-input';

/** Thrown by the cursor and caught where a body is read: the caller sees one fixed sentence and the offset. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  constructor(
    readonly reason: JsonFaultReason,
    readonly offset: number,
    what: string,
  ) {
    super(`${what} at byte ${offset}`);
  }
}
