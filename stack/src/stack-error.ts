/** Something that the person at the keyboard can mend: printed as one line, without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
