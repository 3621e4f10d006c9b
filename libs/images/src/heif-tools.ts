/** From the system's libheif-examples: `heif-dec`, which older releases call `heif-convert`. A child has no PATH. */
export const SYSTEM_HEIF_TOOLS = ['heif-dec', 'heif-convert'].flatMap((name) =>
  ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'].map((folder) => `${folder}/${name}`),
);
