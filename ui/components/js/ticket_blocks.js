// Parts of the ticket that bring fields of their own, in the order in which they stand below the prices.
//
// A block is made by a function of what the ticket does ({change, step, pick}) and is an object of
//   node                            its element; the ticket hides it where `fits` says no
//   fresh(request, terms)           the fields it adds to the form of a ticket that opens
//   fits(form, terms, order)        whether it is shown at all; what is hidden says nothing and sends nothing
//   paint(ticket, {errors, quote, units})
//   faults(form, terms, quote)      [{field, detail}], what is wrong with its fields
//   body(form, terms, order)        what it adds to the request; of a change only what differs
//   inputs                          optional: {field: input}, where the focus goes when a field is wrong
//   weightless                      optional: true where the question of costs must not carry its fields
//   leads                           optional: true where it stands above everything else
//   path(form)                      optional: where a new order is posted instead of /orders
// The fields are kept in the ticket's one form, so that a draft that is offered again has them too.

import { contractBlock } from "./ticket_contract.js";
import { elsewhere } from "./ticket_elsewhere.js";
import { exits } from "./ticket_exits.js";
import { more } from "./ticket_more.js";
import { tagged } from "./ticket_tag.js";

export const BLOCKS = [contractBlock, more, exits, tagged, elsewhere];
