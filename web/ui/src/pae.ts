// What a statement's signature is over: DSSE's encoding of the exact bytes.

const payloadType = 'application/vnd.marchday.statement+json';

// pae returns the bytes that are signed for a payload.
export function pae(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `);
  const out = new Uint8Array(head.length + payload.length);
  out.set(head);
  out.set(payload, head.length);
  return out;
}

// challengeOf is what a passkey signs for a payload.
export const challengeOf = async (payload: Uint8Array): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', pae(payload));

export const base64 = (b: ArrayBuffer): string => btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join(''));
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), c => c.charCodeAt(0));
export const hex = (b: ArrayBuffer): string => Array.from(new Uint8Array(b), c => c.toString(16).padStart(2, '0')).join('');
