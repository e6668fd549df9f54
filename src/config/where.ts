/** Which file holds the configuration. */

export const DEFAULT_FILE = 'config/mailclip.yaml'

/** `--config` before `$MAILCLIP_CONFIG` before `config/mailclip.yaml`; an empty one counts as none. */
export const configurationFile = (
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string => option || environment['MAILCLIP_CONFIG'] || DEFAULT_FILE
