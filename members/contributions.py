CONTRIBUTES: tuple[()] = ()
