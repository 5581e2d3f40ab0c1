import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Long runs are started by Node itself, without Vitest's aliases: `@postern/*` is the build's library there.
 * Registered before a run is imported, since a static import is resolved before any code of its file runs.
 */
registerHooks({
  resolve: (specifier, context, next) => {
    if (!specifier.startsWith('@postern/')) return next(specifier, context);
    const built = new URL(`../../../dist/libs/${specifier.slice('@postern/'.length)}/src/index.js`, import.meta.url);
    if (!existsSync(built)) throw new Error('npm run build comes first');
    return { url: built.href, shortCircuit: true };
  },
});
