package truce

// CaseState is where a case stands on its path.
type CaseState string

// The states of a case. Side exits are referred, suspended and reopened.
const (
	CaseRegistered   CaseState = "registered"
	CaseTriaged      CaseState = "triaged"
	CaseInsufficient CaseState = "insufficient"
	CaseDuplicate    CaseState = "duplicate"
	CaseRequested    CaseState = "information-requested"
	CaseReplied      CaseState = "replied"
	CaseInquiry      CaseState = "inquiry"
	CaseVerification CaseState = "verification"
	CaseAssessed     CaseState = "assessed"
	CaseDeliberation CaseState = "deliberation"
	CaseDecided      CaseState = "decided"
	CaseNotified     CaseState = "notified"
	CaseRemedy       CaseState = "remedy"
	CaseClosed       CaseState = "closed"
	CaseReferred     CaseState = "referred"
	CaseSuspended    CaseState = "suspended"
	CaseReopened     CaseState = "reopened"
)

// Docket holds the cases and judges each move by the rules of procedure.
type Docket struct {
}

// NewDocket returns an empty docket.
func NewDocket() *Docket { return &Docket{} }

func (d *Docket) judge(b *Book, at Instant, s *Said) error { return nil }

func (d *Docket) take(b *Book, index int64, at Instant, s *Said) {}

func (d *Docket) clone() *Docket { return &Docket{} }
