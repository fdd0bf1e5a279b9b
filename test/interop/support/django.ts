import type { Stage } from './stage.ts';

/** Migrates the database of a Django project and starts its development server. The settings are the module `project`. */
export async function startDjango(stage: Stage): Promise<void> {
  await runPython(stage, ['-m', 'django', 'migrate', '--verbosity', '0']);
  const serve = ['-m', 'django', 'runserver', '--noreload', String(stage.port)];
  await stage.start('python', serve, environment(stage));
}

/** Runs a program of the project. @returns what it printed @throws Error with its output when it fails */
export async function runPython(stage: Stage, args: readonly string[]): Promise<string> {
  return (await stage.program('python', args, environment(stage)).end()).trim();
}

const environment = ({ directory }: Stage): Record<string, string> => ({
  DJANGO_SETTINGS_MODULE: 'project',
  PYTHONPATH: directory,
});
