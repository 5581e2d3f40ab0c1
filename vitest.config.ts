import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const shared = {
  // NestJS injects by the metadata that TypeScript's legacy decorators emit.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: {
      '@postern/auth-plugins': path('./libs/auth-plugins/src/index.ts'),
      '@postern/kafka': path('./libs/kafka/src/index.ts'),
      '@postern/schema': path('./libs/schema/src/index.ts'),
    },
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: { name: 'unit', include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'stack/**/*.spec.ts'] },
      },
      {
        // Against real servers from stack/. One file at a time: two cores, one broker.
        ...shared,
        test: {
          name: 'integration',
          include: ['test/**/*.spec.ts'],
          globalSetup: ['test/setup/stack.global.ts'],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
