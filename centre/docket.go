package centre

import (
	"context"
	"slices"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// takeDocket writes the case that a statement moved, keeps its incident as the
// officer saw it from the first text on, and publishes the texts of a decision.
func (f *fold) takeDocket(ctx context.Context, index int64, said *truce.Said) error {
	file, ok := f.book.CaseOf(said.Statement.Body)
	if c, opens := said.Statement.Body.(*truce.Case); opens {
		file, ok = f.book.CaseAbout(c.Incident)
	}
	if !ok {
		return nil
	}
	if a, files := said.Statement.Body.(*truce.Assessment); files && len(a.Seen) > 0 {
		freeze := link.Freeze{ID: said.ID, Index: index, Incident: file.Incident}
		for _, s := range a.Seen {
			freeze.Claims = append(freeze.Claims, s.Ref)
		}
		if err := f.apply(ctx, index, f.links.Freeze(freeze)); err != nil {
			return err
		}
	}
	if r, asks := said.Statement.Body.(*truce.InformationRequest); asks && r.Liaison == "" {
		for _, x := range file.Requests { // the one liaison that is reached reads what it is asked
			if x.Statement == said.ID && len(x.Liaisons) == 1 {
				f.put(picture.Remark{ID: said.ID, Marking: truce.Amber.For(x.Liaisons[0])})
			}
		}
	}
	opened, _ := f.book.IndexOf(file.ID)
	f.put(picture.Case{Index: opened, ID: file.ID, Rests: index, File: file})
	f.openTexts(file)
	if file.Finding.Index == index {
		f.publish(file)
	}
	in, ok := f.links.Resolve(file.Incident)
	if !ok {
		return nil
	}
	f.cases[in.ID] = docketed{file.Number, file.ID}
	f.mark(index, in, nil)
	return nil
}

// openTexts says from when everybody may read the round's texts: once they are
// all in, or the clock for them has ended. The picture keeps the time, and a
// reader's own decides.
func (f *fold) openTexts(file truce.CaseFile) {
	at := file.OpensAt()
	for _, t := range slices.Concat(file.Seals, file.Texts, file.Dissents) {
		if t.Round == file.Round && !f.book.Told(t.Statement) {
			f.put(picture.Opens{ID: t.Statement, At: at})
		}
	}
}

// publish lets everybody read the texts that a decision rests on.
func (f *fold) publish(file truce.CaseFile) {
	open := func(ids ...truce.StatementID) {
		for _, id := range ids {
			if !id.IsZero() && !f.book.Told(id) {
				f.put(picture.Remark{ID: id, Marking: truce.Clear})
			}
		}
	}
	open(file.ID)
	for _, t := range file.Texts {
		open(t.Statement)
	}
	for _, t := range file.Dissents {
		open(t.Statement)
	}
	for _, p := range file.Proposals {
		open(p.Statement)
		for _, a := range p.Answers {
			open(a.Statement)
		}
	}
	open(file.Finding.Statement)
	open(file.Referrals...)
}
