import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, Plugin, PluginBuild } from 'esbuild';

const NAMESPACE = 'later';

/** A function that the launcher gives to the program: it is told the index of each module that is loaded. */
export const NOTE_USE = '__noteUse';

/** They are bits of one number. */
const MOST_MODULES = 31;
const ROOT = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

const builtin = (specifier: string): string | undefined => {
  const name = specifier.replace(/^node:/, '');
  return builtinModules.includes(name) ? `node:${name}` : undefined;
};

/** What can be imported from a module, found out by loading it here. */
const namesOf = async (module: string): Promise<readonly string[]> => {
  const loaded: object = await import(module.startsWith('/') ? pathToFileURL(module).href : module);
  return Object.keys(loaded).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default');
};

const resolveFile = async (build: PluginBuild, path: string, resolveDir: string): Promise<string> => {
  const result = await build.resolve(path, { kind: 'import-statement', resolveDir, pluginData: NAMESPACE });
  if (result.errors.length > 0) throw new Error(`${path} is not there to be loaded later`);
  return result.path;
};

/**
 * Makes modules load when something of them is used for the first time, instead of when a file that imports them is
 * loaded: an action that asks no server never pays for the client. The sources import them as usual.
 *
 * Each is replaced by an object with a getter for every name. So it is not for a module that is itself a function or
 * a class (`events`, `stream`), and of no use where a file takes something out of it while it is loaded.
 *
 * @param specifiers modules as one imports them from the project's root
 */
export const loadLater = (specifiers: readonly string[]): Plugin => ({
  name: NAMESPACE,
  setup: (build) => {
    if (specifiers.length > MOST_MODULES) throw new Error(`only ${MOST_MODULES} modules can be loaded later`);
    const wanted = new Set(specifiers.map(builtin).filter((module) => module !== undefined));
    const files = specifiers.filter((specifier) => builtin(specifier) === undefined);
    build.onStart(async () => {
      for (const specifier of files) wanted.add(await resolveFile(build, specifier, ROOT));
    });
    const find = async ({ path, resolveDir }: OnResolveArgs): Promise<string | undefined> => {
      const isCandidate = files.some((name) => basename(name, '.js') === basename(path, '.js'));
      return builtin(path) ?? (isCandidate ? resolveFile(build, path, resolveDir) : undefined);
    };
    build.onResolve({ filter: /./ }, async (args) => {
      if (args.namespace === NAMESPACE || args.pluginData === NAMESPACE) return undefined;
      const module = await find(args);
      if (module === undefined || !wanted.has(module)) return undefined;
      // Not its own path: by the suffix `.mjs`, esbuild would take the text below for an ES module.
      return { path: `${module}.later`, namespace: NAMESPACE, pluginData: module };
    });
    build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ pluginData: module }) => {
      const getters = (await namesOf(module)).map((name) => `get ${name}() { return load().${name}; }`);
      const index = [...wanted].indexOf(module);
      return {
        contents: `let loaded;
          const load = () => (loaded ??= (${NOTE_USE}(${index}), require('${module}')));
          module.exports = { ${getters.join(', ')} };`,
        resolveDir: ROOT,
      };
    });
  },
});
