"""python -m galaxy_diffusion: the command galaxy-diffusion where it is not on the path."""

from galaxy_diffusion.runs.command import main

if __name__ == "__main__":
    main()
