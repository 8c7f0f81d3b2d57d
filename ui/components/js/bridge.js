// Turns a proven sign-in into the session's cookie, and ends it. A script cannot set cookies; a route can.

import { BASE, ask } from "./base.js";
import { widget } from "./widget.js";

export const mount = widget((root, data, tools) => {
  let done = null;
  async function work({ code, leave, then }) {
    const job = code || (leave ? "leave" : null);
    if (!job || job === done) return;
    done = job;
    try {
      if (leave) await ask("/auth/session", { method: "DELETE" });
      else await ask("/auth/session", { method: "POST", body: { code } });
      if (leave) for (const name of ["kagaz.list", "kagaz.linked"]) localStorage.removeItem(name);
      location.replace(then ? BASE + then : location.href);
    } catch (refused) {
      if (leave && refused.status === 401) location.replace(then ? BASE + then : location.href);
      else tools.trigger("failed", { status: refused.status, detail: refused.message });
    }
  }
  work(data);
  return { update: work };
});
