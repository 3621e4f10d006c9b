/** Embeddings and overrides: their effect continues after them, over other people's words. */
const embeddings = /[\u202a-\u202e]/g;
const OPENS = /[\u2066-\u2068]/;
const CLOSES = '\u2069';
/** An isolate ends with its paragraph. */
const ENDS = /[\n\u2029]/;

/**
 * Confines a text's direction marks to the text itself. Phones paste these characters around names and numbers, so they are no
 * reason to refuse a text: embeddings and overrides are removed, isolates stay if each is opened and closed within its line.
 */
export function withOwnDirection(text: string): string {
  const units = text.replace(embeddings, '').split('');
  let open: number[] = [];
  const drop = (index: number): void => void (units[index] = '');
  units.forEach((unit, index) => {
    if (OPENS.test(unit)) open.push(index);
    else if (unit === CLOSES && open.pop() === undefined) drop(index);
    else if (ENDS.test(unit)) {
      open.forEach(drop);
      open = [];
    }
  });
  open.forEach(drop);
  return units.join('');
}
