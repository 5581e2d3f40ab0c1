export * from './json/json-fault.js';
export * from './json/json-cursor.js';
export * from './json/compact.js';
export * from './codecs/codec.js';
export * from './codecs/json.codec.js';
export * from './codecs/binary.codec.js';
export * from './codecs/text.codec.js';
