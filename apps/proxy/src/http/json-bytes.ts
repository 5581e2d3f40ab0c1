/** As bytes: Fastify would add a charset to the type of a text, which the originals never send and clients compare. */
export const jsonBytes = (text: string): Buffer => Buffer.from(text);
