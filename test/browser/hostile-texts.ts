/** Texts that MX, callers or an operator could have written to break a page. */

/** By what they try. */
export const hostileTexts: Readonly<Record<string, string>> = {
  markup: '<img src=x onerror="document.title=\'run\'"><script>document.title="run"</script><h1>big</h1>',
  attributes: '"><svg onload=document.title="run"> \' onmouseover=\'document.title="run" x=\'{{7*7}} #{7*7} &lt;b&gt;',
  addresses: 'javascript:document.title="run" data:text/html,<script>document.title="run"</script> //evil.example',
  'a long word': `long-${'w'.repeat(1_200)}-end`,
  'from right to left': 'account\u202E gnp.exe\u2066 \u05D0\u05D1\u05D2 \u0627\u0644\u0628\u0646\u0643 \u200F17\u202D',
  'control characters': 'bell\u0007 null\u0000 escape\u001B[31m line\u2028break\u0085 zero\u200Bwidth\uFEFF',
  'many marks': `Z${'\u0335\u0321\u0316'.repeat(60)}algo`,
  'a prototype': '__proto__ constructor toString',
};
