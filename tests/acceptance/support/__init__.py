"""What the black-box suites stand on: programs under test, scripted partners, recording receivers. Standard library only."""
