import type { Command } from 'commander';
import { findPreset, type Preset, PRESETS, presetMetadata } from '../clients/presets.ts';

/** A preset of client software as command options. */

export interface PresetOptions {
  preset?: string;
  appUrl?: string;
}

export function addPresetOptions(command: Command): Command {
  const names = [...PRESETS.keys()].join(', ');
  return command
    .option('--preset <name>', `metadata for a client software, and the lines for its settings: ${names}`)
    .option('--app-url <url>', 'address of the application, from which a preset makes the redirect URIs');
}

export interface ChosenPreset {
  name: string;
  preset: Preset;
  appUrl: string | undefined;
  /** Metadata that other options override. */
  metadata: Record<string, unknown>;
}

/**
 * The preset of the options. Ends the command with a sentence when an address is missing.
 * @throws ClientError when there is no such preset, or the address is no URL
 */
export function chosenPreset(
  command: Command,
  { preset: name, appUrl, redirectUri }: PresetOptions & { redirectUri?: string[] },
): ChosenPreset | undefined {
  if (name === undefined) {
    if (appUrl === undefined) return undefined;
    return command.error('error: --app-url needs --preset, which knows the paths of the redirect URIs');
  }
  const preset = findPreset(name);
  if (preset.redirectPaths !== undefined && appUrl === undefined && redirectUri === undefined) {
    command.error(
      `error: --preset ${name} needs --app-url with the address of the application, or --redirect-uri`,
    );
  }
  return { name, preset, appUrl, metadata: presetMetadata(preset, appUrl) };
}
