// Passkeys: enrols one, and signs a statement with one. The forms carry what
// was made to the server; nothing is sent besides.
//
// A browser does not show what it signs. This script takes the digest from the
// words on the page, not from the server, and refuses where the two differ.
import {base64, bytesOf, challengeOf, hex} from './pae.ts';

function put(form: HTMLFormElement, name: string, value: string): void {
  (form.elements.namedItem(name) as HTMLInputElement).value = value;
}

const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));

async function enrol(form: HTMLFormElement): Promise<void> {
  const person = (form.elements.namedItem('person') as HTMLInputElement).value;
  const made = await navigator.credentials.create({publicKey: {
    rp: {id: location.hostname, name: 'Marchday'},
    user: {id: random(16), name: `${person} (${form.dataset.office})`, displayName: person},
    challenge: random(32), // no attestation is asked for, so nothing is proved by it
    pubKeyCredParams: [{type: 'public-key', alg: -7}, {type: 'public-key', alg: -8}],
    authenticatorSelection: {residentKey: 'required', userVerification: 'required'},
    attestation: 'none',
  }}) as PublicKeyCredential;
  const spki = (made.response as AuthenticatorAttestationResponse).getPublicKey();
  if (!spki) throw new Error(form.dataset.unsupported);
  put(form, 'public', base64(spki));
  put(form, 'rp_id', location.hostname);
  put(form, 'origin', location.origin);
}

async function sign(form: HTMLFormElement): Promise<void> {
  const challenge = await challengeOf(bytesOf((form.elements.namedItem('payload') as HTMLInputElement).value));
  if (hex(challenge) !== form.dataset.digest) throw new Error(form.dataset.differs);
  const made = await navigator.credentials.get({publicKey: {challenge, rpId: location.hostname, userVerification: 'required'}}) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAssertionResponse;
  put(form, 'auth', base64(answer.authenticatorData));
  put(form, 'client', base64(answer.clientDataJSON));
  put(form, 'signature', base64(answer.signature));
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
  const status = form.querySelector<HTMLElement>('[role=status]');
  form.querySelector<HTMLButtonElement>('button')!.disabled = !('credentials' in navigator && isSecureContext);
  form.addEventListener('submit', async e => {
    e.preventDefault();
    if (status) status.textContent = '';
    try {
      await (form.dataset.passkey === 'enrol' ? enrol(form) : sign(form));
      form.submit();
    } catch (why) {
      if (status) status.textContent = `${form.dataset.failed} ${why instanceof Error ? why.message : ''}`;
    }
  });
}
