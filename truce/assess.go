package truce

// Answer is the verdict on one act under one term or reading.
type Answer string

// The answers of a check. For an obligation, Prohibited reads "contrary to the
// obligation".
const (
	Prohibited   Answer = "prohibited"
	IsExempt     Answer = "exempt"
	OutsideAct   Answer = "outside-act"
	OutsideActor Answer = "outside-actor"
	OutsideArea  Answer = "outside-area"
	OutsideTime  Answer = "outside-time"
	Insufficient Answer = "insufficient"
)
