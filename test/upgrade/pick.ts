/** One of these by chance. */
export const pick = <Item>(items: readonly Item[]): Item =>
  items[Math.floor(Math.random() * items.length)] as Item;

/** @returns draws these one after the other by chance, and each of them before any comes again */
export function createDeck<Card>(cards: readonly Card[]): () => Card {
  let left: Card[] = [];
  return () => {
    if (left.length === 0) left = [...cards];
    const [drawn] = left.splice(Math.floor(Math.random() * left.length), 1);
    return drawn as Card;
  };
}
