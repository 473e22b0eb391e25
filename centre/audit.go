package centre

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// checkBatch is how many entries are read and checked at a time.
const checkBatch = 1000

// verifyAll reads envelopes and checks signatures on all cores. What fails
// here, since its key is granted within the batch, is asked again in order.
func verifyAll(book *truce.Book, entries []record.Entry) []*truce.Said {
	said := make([]*truce.Said, len(entries))
	onAllCores(len(entries), func(i int) { said[i], _ = book.Verify(entries[i].Body) })
	return said
}

// onAllCores does n things that do not mind each other.
func onAllCores(n int, do func(i int)) {
	var next atomic.Int64 // each takes the next: none waits for one that was held up
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// admit takes one entry into a Book, which says why not.
func admit(book *truce.Book, e record.Entry, said *truce.Said) (*truce.Said, error) {
	var err error
	if said == nil {
		said, err = book.Verify(e.Body)
	}
	if err == nil {
		err = book.Admit(e.Index, truce.Instant(e.RecvAt/1000), said)
	}
	if err != nil {
		book.Skip()
	}
	return said, err
}

// inBatches hands the first size entries of a log to f, in order and in
// batches; the founding, whose keys the rest is checked with, is one of its own.
func inBatches(ctx context.Context, log *record.Log, size int64, f func([]record.Entry) error) error {
	var batch []record.Entry
	for e, err := range log.Entries(ctx, 0) {
		if err != nil {
			return fmt.Errorf("read the record: %w", err)
		}
		if e.Index >= size {
			break
		}
		if batch = append(batch, e); len(batch) == checkBatch || e.Index == 0 {
			if err := f(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return f(batch)
}

// Audit returns a visit for record's verification that checks every author's
// signature against the keys good at its index, as the Book does, on all cores
// and while the batch before is admitted and the next entries are read. told is
// called for each entry, in order, by one goroutine at a time, with whether the
// Book admitted it: for the last ones by end, which is to be called when the
// verification is over. An entry that is no statement at all is not admitted.
func Audit(told func(admitted bool)) (visit record.Visit, end func()) {
	book := truce.NewBook()
	var batch []record.Entry
	var under sync.WaitGroup // the batch before this one
	hand := func() {
		es, checked := batch, make(chan []*truce.Said, 1)
		batch = make([]record.Entry, 0, checkBatch)
		go func() { checked <- verifyAll(book, es) }()
		under.Wait()
		under.Go(func() {
			for i, said := range <-checked {
				_, err := admit(book, es[i], said)
				told(err == nil)
			}
		})
		if len(es) > 0 && es[0].Index == 0 {
			under.Wait() // the rest is checked with the founding's keys
		}
	}
	return record.Visit{Entry: func(e record.Entry) error {
			e.Body = bytes.Clone(e.Body)
			if batch = append(batch, e); len(batch) == checkBatch || e.Index == 0 {
				hand()
			}
			return nil
		}}, func() {
			hand()
			under.Wait()
		}
}
