import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

const { Check, Prompt } = interactionPolicy;

/**
 * `prompt=create`: the application asks for a new account before anything else (Initiating User Registration via OpenID Connect 1.0 §4).
 * A person who has one declines it; then the other prompts follow, as without the parameter.
 */
export function createPrompt(): interactionPolicy.Prompt {
  const prompt = new Prompt({ name: 'create', requestable: true });
  // It asks also where there is nothing to create.
  prompt.checks.clear();
  prompt.checks.add(
    new Check('create_prompt', 'End-User registration is required', 'interaction_required', isDue),
  );
  return prompt;
}

function isDue({ oidc }: KoaContextWithOIDC): boolean {
  return (
    oidc.promptPending('create') && oidc.result?.login === undefined && oidc.result?.create === undefined
  );
}
