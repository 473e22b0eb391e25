package main

import (
	"crypto/ed25519"
	"crypto/sha256"

	"golang.org/x/mod/sumdb/note"

	"github.com/marchday/marchday/truce"
)

// demoSeed is public: anybody can make the demo's keys, and each of them says
// so in the record.
const demoSeed = "marchday demo: these keys are public and bind nobody"

// demoKey makes the demo's key of an office and class.
func demoKey(office truce.OfficeID, class truce.KeyClass) truce.Key {
	seed := sha256.Sum256([]byte(demoSeed + "/" + string(office) + "/" + string(class)))
	return truce.Key(ed25519.NewKeyFromSeed(seed[:]))
}

// demoLogKey makes the key of the demo's log.
func demoLogKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(demoSeed + "/log"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// grantDemoKeys gives every office of a founding an office key, and the
// co-chairs and the centre a root key, all from the public seed. It returns
// the office keys, and the roots in the order in which they sign.
func grantDemoKeys(f *truce.Founding) (desks map[truce.OfficeID]truce.Signer, roots []truce.Signer) {
	desks = map[truce.OfficeID]truce.Signer{}
	grant := func(o truce.OfficeID, class truce.KeyClass) truce.Key {
		k := demoKey(o, class)
		f.Keys = append(f.Keys, truce.KeyAct{
			Act: truce.Grant, Office: o, Class: class, Public: k.Public().(ed25519.PublicKey), FromSeed: true,
			Why: "a demo key, made from a public seed",
		})
		return k
	}
	for _, o := range f.Offices {
		if o.Role == truce.CoChair || o.Role == truce.Centre {
			roots = append(roots, grant(o.ID, truce.RootKey))
		}
		desks[o.ID] = grant(o.ID, truce.OfficeKey)
	}
	return desks, roots
}

// demoVerifierKey writes the public half of the demo log's key as notes name it.
func demoVerifierKey() string {
	key, err := note.NewEd25519VerifierKey(demoOrigin, demoLogKey().Public().(ed25519.PublicKey))
	if err != nil {
		panic("an Ed25519 key has a verifier key: " + err.Error())
	}
	return key
}
