import type { Person } from './people.ts';

/**
 * The script of the suite's browser on the pages of Signet. The suite runs the tasks of the first entry whose pattern matches the address
 * that a module opens; an optional task is left out when the browser is elsewhere.
 *
 * Some modules ask for a picture of a page, which a person reviews. A picture that the script does not take leaves the module waiting, so
 * each of these modules has a script of its own.
 */

type Command = readonly [command: string, by: string, target: string, ...values: (string | number)[]];

interface Task {
  task: string;
  match?: string;
  optional?: boolean;
  commands?: readonly Command[];
}

export interface Script {
  match: string;
  tasks: readonly Task[];
}

export interface ScriptContext {
  /** Without a slash at the end. */
  issuer: string;
  /** Base address of the suite, without a slash at the end. */
  suite: string;
  person: Person;
}

/** Seconds that the browser waits for an element. */
const PATIENCE = 10;

const PICTURE = 'update-image-placeholder';
const LOGIN_PICTURE: Command = ['wait', 'css', 'h1', PATIENCE, '.*', `${PICTURE}-optional`];
const ERROR_PICTURE: Command = ['wait', 'id', 'error', PATIENCE, '.+', PICTURE];
const SIGNED_OUT_PICTURE: Command = ['wait', 'css', 'h1', PATIENCE, 'Sign-out Success', PICTURE];
const CONFIRM: Command = ['click', 'css', 'button[autofocus]', 'optional'];

/** Modules in which a second sign-in is reviewed. */
const SECOND_SIGN_IN = ['oidcc-prompt-login', 'oidcc-max-age-1'];
/** Modules in which the sign-in page is reviewed, and no person signs in. */
const SIGN_IN_PAGE = [
  'oidcc-registration-logo-uri',
  'oidcc-registration-policy-uri',
  'oidcc-registration-tos-uri',
];
/** Modules whose authorization request must end on an error page. */
const AUTHORIZATION_ERROR = [
  'oidcc-ensure-registered-redirect-uri',
  'oidcc-ensure-redirect-uri-in-authorization-request',
  'oidcc-redirect-uri-query-added',
  'oidcc-redirect-uri-query-mismatch',
];
/** Modules whose sign-out must end on an error page. */
const SIGN_OUT_ERROR = [
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
  'oidcc-rp-initiated-logout-bad-id-token-hint',
  'oidcc-rp-initiated-logout-modified-id-token-hint',
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
];
/** Modules whose sign-out ends on the page of Signet. */
const SIGNED_OUT_PAGE = [
  'oidcc-rp-initiated-logout-no-id-token-hint',
  'oidcc-rp-initiated-logout-no-params',
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
  'oidcc-rp-initiated-logout-only-state',
];

/** For every module without a script of its own. */
export function browserScript(context: ScriptContext): Script[] {
  return [signIn(context), signOut(context, [goBack(context)]), checkSession(context)];
}

/** By module. */
export function scriptsOfModules(context: ScriptContext): Record<string, { browser: Script[] }> {
  const { issuer } = context;
  const error: Task = { task: 'error page', match: `${issuer}/*`, commands: [ERROR_PICTURE] };
  const of = (modules: readonly string[], ...browser: Script[]) =>
    modules.map((module) => [module, { browser }] as const);
  return Object.fromEntries([
    ...of(SECOND_SIGN_IN, signIn(context, [LOGIN_PICTURE])),
    ...of(SIGN_IN_PAGE, {
      match: `${issuer}/authorize*`,
      tasks: [{ task: 'sign-in page', match: `${issuer}/interaction/*`, commands: [LOGIN_PICTURE] }],
    }),
    ...of(AUTHORIZATION_ERROR, { match: `${issuer}/authorize*`, tasks: [error] }),
    ...of(SIGN_OUT_ERROR, signIn(context), { match: `${issuer}/logout*`, tasks: [error] }),
    ...of(
      SIGNED_OUT_PAGE,
      signIn(context),
      signOut(context, [{ task: 'signed out', match: `${issuer}/*`, commands: [SIGNED_OUT_PICTURE] }]),
    ),
  ]);
}

function signIn({ issuer, suite, person }: ScriptContext, first: readonly Command[] = []): Script {
  const match = `${issuer}/interaction/*`;
  return {
    match: `${issuer}/authorize*`,
    tasks: [
      {
        task: 'sign in',
        match,
        optional: true,
        commands: [
          ...first,
          ['text', 'name', 'login', person.username, 'optional'],
          ['text', 'name', 'password', person.password, 'optional'],
          ['click', 'class', 'login-submit'],
        ],
      },
      { task: 'allow', match, optional: true, commands: [['click', 'class', 'login-submit']] },
      {
        task: 'back at the client',
        match: `${suite}/test/*/callback*`,
        commands: [['wait', 'id', 'submission_complete', PATIENCE]],
      },
    ],
  };
}

function signOut({ issuer }: ScriptContext, after: readonly Task[]): Script {
  return {
    match: `${issuer}/logout*`,
    tasks: [
      { task: 'confirm the sign-out', match: `${issuer}/logout*`, optional: true, commands: [CONFIRM] },
      ...after,
    ],
  };
}

/** A page with frames of clients continues after a few seconds. */
function goBack({ suite }: ScriptContext): Task {
  return {
    task: 'back at the client',
    commands: [['wait', 'contains', `${suite}/test/`, PATIENCE]],
  };
}

/** The page of the suite with the frames of session management continues when it knows the state of the session. */
function checkSession({ suite }: ScriptContext): Script {
  return {
    match: `${suite}/test/*session_verify*`,
    tasks: [{ task: 'check the session', commands: [['wait', 'contains', 'session_result', PATIENCE]] }],
  };
}
