/** Does a text have characters that break lines or move a terminal's cursor (C0, DEL; not C1)? */
export const hasControl = (text: string): boolean =>
  [...text].some((char) => char < ' ' || char === '\u007f');
