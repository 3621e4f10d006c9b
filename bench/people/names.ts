import { mixed, skewed } from './chance.ts';

/** Common given names and family names of several languages, the commonest first. */
const given =
  'maria anna ahmed john david michael ali fatima sara laura daniel alex chris julia marie thomas peter paul elena carlos jose luis ana sofia emma olivia noah liam mia lucas leo max felix jonas lena hannah clara ida nora ella eva lea amelie chloe louise jules hugo arthur gabriel raphael nathan theo antoine camille manon ines yasmin omar hassan ibrahim youssef khalid aisha zainab mariam layla nour mehmet mustafa ayse elif zeynep can deniz emre priya rahul amit neha anjali arjun rohan vikram deepa sunita wei jing li fang min hao yan ling mei jun hiro yuki sakura kenji aiko haruto ren sora minjun jiwoo seo hye dmitri olga ivan natasha sergei irina pavel katya nikita vera bogdan milan petra luka marko ivana jan katarzyna piotr agnieszka tomasz zofia jakub lars ingrid erik astrid magnus freya sven linnea oskar elsa aino mikko timo giulia marco francesca luca chiara matteo alessandro martina diego valentina camila mateo santiago isabella joao beatriz pedro mariana tiago catarina rafael konrad ada grace alan edsger barbara donald margaret linus guido brendan rasmus tim radia vint'.split(
    ' ',
  );
const family =
  'smith garcia muller khan singh nguyen kim lee wang zhang li chen silva santos rodriguez martinez lopez hernandez gonzalez perez johnson williams brown jones miller davis wilson taylor anderson thomas moore martin jackson white harris clark lewis walker hall young king wright scott green baker adams nelson hill ramirez campbell mitchell roberts carter phillips evans turner torres parker collins edwards stewart flores morris murphy rivera cook rogers morgan peterson cooper reed bailey bell gomez kelly howard ward cox diaz richardson wood watson brooks bennett gray james reyes cruz hughes price myers long foster sanders ross morales powell sullivan russell ortiz jenkins gutierrez perry butler barnes fisher schmidt schneider fischer weber meyer wagner becker schulz hoffmann koch bauer richter klein wolf schroeder neumann schwarz zimmermann braun krueger hofmann hartmann lange werner krause lehmann rossi russo ferrari esposito bianchi romano colombo ricci marino dubois durand leroy moreau simon laurent lefebvre michel bertrand roux vincent fournier ivanov petrov sidorov kuznetsov popov novak kowalski nowak jansen devries bakker visser hansen johansen olsen larsen nilsson karlsson virtanen sato suzuki takahashi tanaka watanabe ito yamamoto nakamura park choi jung yilmaz kaya demir patel sharma gupta kumar das lovelace hopper turing dijkstra liskov knuth hamilton torvalds zuse noether'.split(
    ' ',
  );
const nouns =
  'fox wave pixel light shadow river storm cloud stone tiger panda coffee sunset ocean forest mountain flower rocket ninja wizard dragon knight moon star comet lens film frame street urban retro vintage wild happy lucky silent golden silver velvet neon cosmic electric'.split(
    ' ',
  );
const written = [
  'Åsa Öberg',
  'Émile Zola',
  'Søren Kjær',
  'José Muñoz',
  'Ольга Йовкова',
  'Иван Петров',
  '藤原 さくら',
  '김민지',
  '王小明',
  'محمد علي',
  'Γιώργος Νικολάου',
  'Łukasz Żak',
];

const from = (list: readonly string[], index: number): string => list[index % list.length] ?? '';
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

interface Name {
  username: string;
  displayName: string;
}

/** A person's name by number. The largest have short names; everybody else's ends in their number, so names are unique. */
export function nameOf(number: number): Name {
  const style = mixed(number, 101) % 100;
  const first = from(given, skewed(given.length, 2, number, 102));
  const last = from(family, skewed(family.length, 1.7, number, 103));
  const tail = number.toString();
  const displayName = `${capital(first)} ${capital(last)}`;
  if (style < 30) return { username: `${first}.${last}${tail}`.slice(0, 30), displayName };
  if (style < 50) return { username: `${first}_${last}_${tail}`.slice(0, 30), displayName };
  if (style < 60) return { username: `${last}${tail}`, displayName };
  if (style < 85) {
    const one = from(nouns, mixed(number, 104));
    const other = from(nouns, mixed(number, 105));
    return { username: `${one}${other}${tail}`, displayName: style < 72 ? displayName : '' };
  }
  if (style < 95) return { username: `the${first}${tail}`, displayName: `${capital(first)} ✨` };
  return { username: `${first}${tail}`, displayName: from(written, mixed(number, 106)) };
}

const tagWords = [...new Set([...nouns, ...given])];

/** Tags are words and pairs of words; the first thousand are the common ones. */
export function tagOf(number: number): string {
  const one = from(tagWords, number);
  const other = from(tagWords, mixed(number, 107));
  return number < tagWords.length ? one : `${one}${other}${number}`;
}

export function placeOf(number: number): string {
  const kinds = ['café', 'park', 'beach', 'old town', 'station', 'museum', 'lighthouse', 'île'];
  const name = `${from(family, mixed(number, 108))} ${from(kinds, mixed(number, 109))}`;
  return number < given.length ? `${name} ${from(given, number)}` : `${name} ${number}`;
}

const sentences = [
  'Low tide, and nobody on the sand.',
  'First light over the harbour.',
  'Could not resist this one.',
  'Sunday.',
  'Somewhere between two trains 🚆',
  'What a view! Worth every step of the climb.',
  'Film, expired 2009. The colours are its own.',
];

/** A caption or a comment. */
export const sentenceOf = (number: number): string => from(sentences, mixed(number, 110));
