// What the page asks of the server on this machine.

export class Refusal extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    Object.assign(this, { status, retryAfter });
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function ask(way, options) {
  let response;
  try {
    response = await fetch(way, options);
  } catch {
    throw new Refusal(0, "unnoise does not answer. Is “unnoise web” still running?");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  const wait = Number(response.headers.get("Retry-After"));
  throw new Refusal(response.status, told?.error?.message ?? `The server answers ${response.status}.`, wait);
}

export const models = async () => (await ask("/api/models")).json();

/**
 * Denoise an image; the answer is kept on the server.
 *
 * @param {Blob | null} file the image; null where `of` names an answer that has it
 * @param {{model: string, skipClean: boolean, of?: string}} wish
 * @param {(told: object) => void} told is called with what the server says of the work
 */
export async function denoise(file, { model, skipClean, of }, told) {
  const query = new URLSearchParams({ model, skip_clean: skipClean, ...(of && { of }) });
  for (;;) {
    try {
      const { id } = await (await ask(`/api/answers?${query}`, { method: "POST", body: of ? null : file })).json();
      for (let wait = 60; ; wait = Math.min(wait * 1.5, 500)) {
        const now = await (await ask(`/api/answers/${id}`)).json();
        if (now.state === "failed") throw new Refusal(422, now.message);
        told(now);
        if (now.state === "done") return { id, ...now };
        await pause(wait);
      }
    } catch (error) {
      if (error.status !== 429) throw error;
      await pause((error.retryAfter || 2) * 1000);
    }
  }
}

export const forget = (id) => fetch(`/api/answers/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});

/** Whether an answer is still kept. */
export const isKept = (id) => ask(`/api/answers/${id}`).then(() => true, (error) => {
  if (error.status === 404) return false;
  throw error;
});

export const download = async (id, strength, chroma) =>
  (await ask(`/api/answers/${id}/file?${new URLSearchParams({ strength, ...(chroma !== null && { chroma }) })}`)).blob();

export const zip = async (wanted) => (await ask("/api/zip", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wanted),
})).blob();
