import { expect, it } from 'vitest';
import { exactLines } from '../../../infra/console/exact-lines.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';

it.each([
  ['12345678901234567890123456789012345.678', '12345678901234567890123456789012345.678'],
  ['"a\\u003cb\\n"', '"a<b\\n"'],
  ['null', 'null'],
  ['true', 'true'],
  ['{}', '{}'],
  ['[]', '[]'],
  ['{"a":[1,{"b":null}]}', '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}'],
])('%s in lines', (text, lines) => {
  expect(exactLines(parseExactJson(text))).toBe(lines);
});
