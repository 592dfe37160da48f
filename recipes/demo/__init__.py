"""The recipe of the demo bundle: films simulated from one labelled CT, a detector, a fusion model."""
