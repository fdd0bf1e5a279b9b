import type { Stage } from './stage.ts';

/** Migrates the database of a Django project and starts its development server. The settings are the module `project`. */
export async function startDjango(stage: Stage): Promise<void> {
  const migrate = 'python -m django migrate --verbosity 0';
  const serve = 'exec python -m django runserver --noreload "$PORT"';
  const env = { DJANGO_SETTINGS_MODULE: 'project', PYTHONPATH: stage.directory };
  await stage.start('sh', ['-c', `${migrate} && ${serve}`], env);
}
