// Turns a proven sign-in into the session's cookie, and ends it. A script cannot set cookies; a route can.

import { ask } from "./base.js";
import { widget } from "./widget.js";

// Some hosts hand the server those cookies alone that they know: then ours never comes back.
async function kept() {
  try {
    await ask("/sessions");
    return true;
  } catch (refused) {
    return refused.status !== 401;
  }
}

export const mount = widget((root, data, tools) => {
  let done = null;
  async function work({ code, leave }) {
    const job = code || (leave ? "leave" : null);
    if (!job || job === done) return;
    done = job;
    try {
      if (leave) await ask("/auth/session", { method: "DELETE" });
      else await ask("/auth/session", { method: "POST", body: { code } });
      if (code && !(await kept())) return tools.trigger("failed", { status: 0 });
      if (leave) for (const name of ["kagaz.list", "kagaz.linked"]) localStorage.removeItem(name);
      location.replace(location.href);
    } catch (refused) {
      if (leave && refused.status === 401) location.replace(location.href);
      else tools.trigger("failed", { status: refused.status, detail: refused.message });
    }
  }
  work(data);
  return { update: work };
});
