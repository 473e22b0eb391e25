package truce

// DutyEntry is a line of an office's duty log.
type DutyEntry struct {
	Text string      `json:"text"`
	Lang string      `json:"lang,omitempty"`
	Case StatementID `json:"case,omitzero"`
}

// Kind implements Body.
func (*DutyEntry) Kind() Kind { return "duty-entry" }

// Validate implements Body.
func (d *DutyEntry) Validate() error {
	if d.Text == "" {
		return invalid("text", "a line of the duty log says something")
	}
	return nil
}

// Handover ends a shift: who goes says what stands open, to who comes. It is
// whole when the other has taken over.
type Handover struct {
	To   string   `json:"to"` // the desk that comes
	Text string   `json:"text"`
	Open []string `json:"open,omitempty"` // what is not done yet, one thing each
}

// Kind implements Body.
func (*Handover) Kind() Kind { return "handover" }

// Validate implements Body.
func (h *Handover) Validate() error {
	if h.To == "" || h.Text == "" {
		return invalid("to", "a hand-over names the desk that comes and says how things stand")
	}
	return nil
}

// Takeover begins a shift: who comes has read what who goes has said.
type Takeover struct {
	Handover StatementID `json:"handover"`
	Note     string      `json:"note,omitempty"`
}

// Kind implements Body.
func (*Takeover) Kind() Kind { return "takeover" }

// Validate implements Body.
func (t *Takeover) Validate() error {
	if t.Handover.IsZero() {
		return invalid("handover", "name the hand-over")
	}
	return nil
}

// HandoverFile is a hand-over and whether it was taken.
type HandoverFile struct {
	Statement StatementID
	Office    OfficeID
	From, To  string // desks
	At        Instant
	Taken     Instant // 0: nobody has
	By        StatementID
}

// judgeTakeover lets the desk that was named take over, and no other: the two
// signatures of a shift are of two desks of one office.
func (d *Docket) judgeTakeover(t *Takeover, s *Statement) error {
	h := d.handovers[t.Handover]
	switch {
	case h == nil:
		return unknown("handover", "%s is no hand-over", t.Handover.Short())
	case h.Office != s.Office:
		return forbidden("handover", "the hand-over is within %s", h.Office)
	case h.Taken != 0:
		return conflict("handover", "it was taken over already")
	case s.Desk != h.To:
		return forbidden("handover", "the hand-over is to the desk %q, and this is %q", clip(h.To), clip(s.Desk))
	}
	return nil
}

// Handovers returns the hand-overs within an office in the order of the record.
func (b *Book) Handovers(office OfficeID) []HandoverFile {
	var all []HandoverFile
	for _, id := range b.docket.shifts {
		if h := b.docket.handovers[id]; h.Office == office {
			all = append(all, *h)
		}
	}
	return all
}
