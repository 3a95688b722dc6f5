/** Texts that MX, callers or an operator could have written to break a page. */

/** By what they try. */
const parts = {
  markup: '<img src=x onerror="document.title=\'run\'"><script>document.title="run"</script><h1>big</h1>',
  attributes: '"><svg onload=document.title="run"> \' onmouseover=\'document.title="run" x=\'{{7*7}} #{7*7} &lt;b&gt;',
  addresses: 'javascript:document.title="run" data:text/html,<script>document.title="run"</script> //evil.example',
  rightToLeft: 'account\u202E gnp.exe\u2066 \u05D0\u05D1\u05D2 \u0627\u0644\u0628\u0646\u0643 \u200F17\u202D',
  controlCharacters: 'bell\u0007 null\u0000 escape\u001B[31m line\u2028break\u0085 zero\u200Bwidth\uFEFF',
  manyMarks: `Z${'\u0335\u0321\u0316'.repeat(60)}algo`,
  prototype: '__proto__ constructor toString',
};

/** All of them in one, as a view takes a second of a processor; and what makes a page wide, by itself. */
export const hostileTexts: Readonly<Record<string, string>> = {
  'all kinds': Object.values(parts).join(' '),
  'a long word': `long-${'w'.repeat(1_200)}-end`,
};
