/** The part of docs/security.md that `npm run permissions -- --write` writes. */

const BEGIN = '<!-- written by npm run permissions -- --write -->\n';
const END = '<!-- until here -->';

/** The page with these lines between the two marks. @throws Error when it has no marks */
export function securityPage(page: string, lines: readonly string[]): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error('docs/security.md has no marks to write between');
  return `${before}${BEGIN}\n${lines.join('\n')}\n\n${END}${after}`;
}
