// Puts a contract of an option chain into the market watch's list that is shown, and says so.

import { nameOf } from "./chain_words.js";
import { toast } from "./dom.js";
import * as lists from "./lists.js";

export async function toWatch(host, key) {
  try {
    await lists.load();
    const list = lists.active();
    if (list) await lists.append(list, key);
    toast(host, list ? `${nameOf(key)} is in ${list.name}` : "Make a list first, in the market watch.");
  } catch (refused) {
    toast(host, refused.message, { tone: "bad", stays: true });
  }
}
