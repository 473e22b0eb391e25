package record_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	"github.com/marchday/marchday/record"
)

// A statement is added, a head is signed over it, and a stranger who holds
// nothing but the log's key proves that it is there.
func Example() {
	dir, err := os.MkdirTemp("", "record-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	seed := sha256.Sum256([]byte("a key for this example only"))
	l, err := record.Open(ctx, "sqlite:"+dir, record.Options{
		Origin: "centre.example/log", Now: time.Now, Signer: ed25519.NewKeyFromSeed(seed[:]), Interval: -1,
	})
	if err != nil {
		panic(err)
	}
	defer l.Close()

	body := []byte("a signed statement")
	r, err := l.Add(ctx, sha256.Sum256(body), body)
	if err != nil {
		panic(err)
	}
	if _, err := l.Publish(ctx); err != nil {
		panic(err)
	}
	proof, err := l.Prove(ctx, r.Index, 0)
	if err != nil {
		panic(err)
	}

	policy, err := record.ParsePolicy("log centre.example/log+89268807+AX/NK+2mYVM7O9lramAiV3ubv/RHgFwJcbULxaONgH0Y\nquorum none\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	index, head, err := record.CheckProof(proof, record.LeafHash(r.RecvAt, body), policy)
	fmt.Println("entry", index, "of", head.Size, err)
	// Output: entry 0 of 1 <nil>
}
