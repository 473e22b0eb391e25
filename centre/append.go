package centre

import (
	"context"
	"fmt"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// Submit takes one signed envelope in and returns its receipt once it is
// durable. The same envelope gives the same receipt, marked as a duplicate.
// What the Book refuses is a truce.Error; nothing is then stored.
func (c *Centre) Submit(ctx context.Context, envelope []byte) (record.Receipt, error) {
	return c.add(ctx, truce.DigestOf(envelope), envelope)
}

// add verifies an envelope on the caller's own time, and hands it to the
// record with what was verified.
func (c *Centre) add(ctx context.Context, key [32]byte, envelope []byte) (record.Receipt, error) {
	if c.Copy() {
		return record.Receipt{}, &truce.Error{Kind: truce.Forbidden, Why: "this is a copy of the record: hand the statement to the centre, or keep it in a field outbox until the centre can be reached"}
	}
	said, err := c.edge.Verify(envelope)
	if err != nil {
		return record.Receipt{}, err
	}
	c.verified.Store(said.ID, said)
	defer c.verified.Delete(said.ID)
	return c.log.Add(ctx, key, envelope)
}

// Say signs a statement with the key that this process holds for the office,
// and submits it. Without such a key it is Forbidden: what binds an office is
// signed off the server.
func (c *Centre) Say(ctx context.Context, office truce.OfficeID, desk string, body truce.Body) (record.Receipt, error) {
	return c.sayAs(ctx, office, desk, body, truce.At(c.o.Now()), [32]byte{})
}

// SayOnce is Say with an idempotency key and the author's time: the same key
// gives the first receipt again, whatever is sent.
func (c *Centre) SayOnce(ctx context.Context, key [32]byte, office truce.OfficeID, desk string, madeAt truce.Instant, body truce.Body) (record.Receipt, error) {
	return c.sayAs(ctx, office, desk, body, madeAt, key)
}

func (c *Centre) sayAs(ctx context.Context, office truce.OfficeID, desk string, body truce.Body, madeAt truce.Instant, key [32]byte) (record.Receipt, error) {
	signer := c.o.Desks[office]
	if signer == nil {
		return record.Receipt{}, &truce.Error{Kind: truce.Forbidden, Field: "office", Why: fmt.Sprintf("no key of %s is held here: sign the statement with the office's own key and submit it", office)}
	}
	e, err := truce.Seal(truce.NewStatement(c.o.Origin, c.o.Regime, office, desk, madeAt, body), signer)
	if err != nil {
		return record.Receipt{}, err
	}
	env := e.Bytes()
	if key == [32]byte{} {
		key = truce.DigestOf(env)
	}
	return c.add(ctx, key, env)
}

// admit is the record's question, one at a time, whether a body may have the
// next index.
func (c *Centre) admit(index, recvAt int64, body []byte) error {
	at := truce.Instant(recvAt / 1000)
	if said, ok := c.verified.Load(truce.DigestOf(body)); ok {
		return c.edge.Admit(index, at, said.(*truce.Said))
	}
	said, err := c.edge.Verify(body)
	if err != nil {
		return err
	}
	return c.edge.Admit(index, at, said)
}

// reset rebuilds the edge's Book after a commit that failed.
func (c *Centre) reset(size int64) {
	c.edge.Reset()
	if err := c.rebuildEdge(context.Background(), size); err != nil {
		c.o.Log.ErrorContext(context.Background(), "the Book could not be rebuilt, nothing more is taken in", "size", size, "error", err)
	}
}

// rebuildEdge folds the first size entries into the edge's Book.
func (c *Centre) rebuildEdge(ctx context.Context, size int64) error {
	return inBatches(ctx, c.log, size, func(es []record.Entry) error {
		for i, said := range verifyAll(c.edge, es) {
			_, _ = admit(c.edge, es[i], said) // refused, as it was then
		}
		return nil
	})
}
