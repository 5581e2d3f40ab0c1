/** The media type of REST v2's answers and errors. */
export const V2_TYPE = 'application/vnd.kafka.v2+json';
