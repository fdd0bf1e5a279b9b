import { browserScript, scriptsOfModules, type ScriptContext } from './browser-script.ts';
import { clientsForSuite, type ClientCredentials } from './clients.ts';
import type { Plan } from './plans.ts';

/** The configuration of a plan as the suite takes it, from its form or its API. */
export interface PlanFile extends Record<string, unknown> {
  /** A part of the suite's addresses, which static clients need. The suite runs one module of an alias at a time. */
  alias?: string;
}

export function planFile(plan: Plan, context: ScriptContext, credentials: ClientCredentials): PlanFile {
  return {
    ...(plan.clients === 'static' && { alias: plan.name }),
    description: `Signet, ${plan.name}`,
    server: { discoveryUrl: `${context.issuer}/.well-known/openid-configuration` },
    ...clientsForSuite(plan, credentials),
    browser: browserScript(context),
    override: scriptsOfModules(context),
    // The pages need no style sheet.
    options: { browsercontrol_css_enable: false },
  };
}
