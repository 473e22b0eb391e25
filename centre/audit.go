package centre

import (
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// Audit returns a visit for record's verification that checks every author's
// signature against the keys good at its index, as the Book does. told is
// called for each entry with whether the Book admitted it. An entry that is no
// statement at all ends the verification.
func Audit(told func(admitted bool)) record.Visit {
	book := truce.NewBook()
	return record.Visit{Entry: func(e record.Entry) error {
		said, err := book.Verify(e.Body)
		if err == nil {
			err = book.Admit(e.Index, truce.Instant(e.RecvAt/1000), said)
		}
		if err != nil {
			book.Skip()
		}
		told(err == nil)
		return nil
	}}
}
